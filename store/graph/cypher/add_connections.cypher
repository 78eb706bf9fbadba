// parameters: agency_id, rows [{from_id, to_id, kind, strength}]
// columns: none
// None of them is there yet: to MERGE them would look through every connection of whoever has thousands, once for each.
UNWIND $rows AS row
MATCH (a:Producer {agency_id: $agency_id, id: row.from_id})
MATCH (b:Producer {agency_id: $agency_id, id: row.to_id})
CREATE (a)-[:CONNECTED {kind: row.kind, strength: row.strength}]->(b)
