"""The event loop: queue, dispatch, handlers."""
