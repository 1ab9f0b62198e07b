"""Sentences a second on a real engine, beside what people would run instead."""
