"""What callers see: requests, answers, the shapes of other tools, events, ids."""
