"""Push: requests to endpoints, and the tokens they carry."""
