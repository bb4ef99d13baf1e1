"""Minutes of load by Locust on the local stack, held against the migration plan's criteria."""
