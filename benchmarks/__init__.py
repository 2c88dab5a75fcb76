"""Speed, measured in one run against a peer or a bare process, each with a check that the answer is right."""
