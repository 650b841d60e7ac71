"""Function views, a file per noun: read the request, ask the domain, answer."""
