"""Price files of every form: single files, folders of one file a ticker, partitioned sets, workbooks."""
