"""`python -m hedgebook`."""

from hedgebook.cli import main

main()
