"""What a gateway costs, beside others, in front of a scripted engine."""
