"""Files of requests, answered overnight."""
