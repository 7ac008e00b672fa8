"""CloudFormation's templates: how they are read, what they may hold, and what is made of it."""
