// parameters: agency_id, rows [{from_id, to_id, kind, strength}]
// columns: none
// Each of them is there with another strength.
UNWIND $rows AS row
MATCH (a:Producer {agency_id: $agency_id, id: row.from_id})
      -[c:CONNECTED {kind: row.kind}]->(b:Producer {agency_id: $agency_id, id: row.to_id})
SET c.strength = row.strength
