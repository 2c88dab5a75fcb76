"""What positions could lose: resampled history, and factors with fat tails and event jumps."""
