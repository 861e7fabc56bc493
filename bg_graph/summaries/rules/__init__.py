"""What holds for stored summaries, without I/O: languages, the form in which they are kept, what a stale one may show."""
