"""A plain driving video becomes what Animate is shown: a pose video, a face video, a background and a mask."""
