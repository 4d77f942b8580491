"""A bundle as a web page that runs it: the site, its server, and what the page tests itself by."""
