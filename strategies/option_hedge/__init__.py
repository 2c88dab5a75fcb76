"""Options that hedge: how they are asked for, which contract that is, and a book run with them."""
