"""From trained weights to a served adapter: manifest, card, pictures, promotion."""
