// parameters: agency_id, rows [{from_id, to_id, kind, strength}]
// columns: none
// For a roster that is written in several transactions, beside which another process may write the same.
UNWIND $rows AS row
MATCH (a:Producer {agency_id: $agency_id, id: row.from_id})
MATCH (b:Producer {agency_id: $agency_id, id: row.to_id})
MERGE (a)-[c:CONNECTED {kind: row.kind}]->(b)
SET c.strength = row.strength
