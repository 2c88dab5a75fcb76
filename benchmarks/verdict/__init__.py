"""How often the rule of a verdict is wrong, on markets whose truth is known."""
