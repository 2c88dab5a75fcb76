"""What positions lose in scenarios, in past events, and by the smallest move that hurts."""
