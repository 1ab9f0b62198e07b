"""Tests of service/ner."""
