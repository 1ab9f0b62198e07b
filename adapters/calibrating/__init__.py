"""Raw scores made confidences, on rows that the adapter was not trained on."""
