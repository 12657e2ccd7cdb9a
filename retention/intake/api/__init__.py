"""What a shop's server reports through the management API and that happened to a person: it comes in as stored events."""
