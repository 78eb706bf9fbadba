// parameters: agency_id, rows [{from_id, to_id, sent, won}]
// columns: none
UNWIND $rows AS row
MATCH (a:Producer {agency_id: $agency_id, id: row.from_id})
MATCH (b:Producer {agency_id: $agency_id, id: row.to_id})
MERGE (a)-[r:REFERRED]->(b)
SET r.sent = row.sent, r.won = row.won
