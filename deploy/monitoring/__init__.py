"""The dashboard and the alerts of Cloud Monitoring, kept as files and applied from them."""
