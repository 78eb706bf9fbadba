// parameters: none
// columns: labelsOrTypes, properties, owningConstraint (null for an index of its own)
SHOW INDEXES YIELD labelsOrTypes, properties, owningConstraint
