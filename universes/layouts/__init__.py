"""Price files as vendors write them, each recognised by its columns and turned into date, ticker and the fields."""
