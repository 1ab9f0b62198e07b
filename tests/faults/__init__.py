"""Faults of everything around a gateway process: one after the other (`make faults`), and under
load for as long as one likes (`make soak`)."""
