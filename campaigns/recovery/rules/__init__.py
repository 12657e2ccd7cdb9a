"""What the recovery plan decides, without a database: visits, stages, visitor groups, cells and the journeys they become."""
