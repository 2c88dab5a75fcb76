"""What a finished sweep says: the best set and its luck, how it does out of sample, and the landscape around it."""
