"""The websocket side: check who comes (guard), hear what the browser asks (consumer), send what it lacks (viewer).

A socket only tells. Asking, stopping and choosing are POSTs of forms.
"""
