"""Gold rows for a measurement, and what is made of them."""
