"""Every basket of a few names, each with its exact optimum."""
