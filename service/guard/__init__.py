"""What is refused, bounded or ended before and around the work: keys, bodies, limits, deadlines."""
