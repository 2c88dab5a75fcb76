"""What can happen to the program, done to it: see docs/reliability.md."""
