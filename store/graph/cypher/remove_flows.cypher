// parameters: agency_id, rows [{from_id, to_id}]
// columns: none
UNWIND $rows AS row
MATCH (a:Producer {agency_id: $agency_id, id: row.from_id})-[r:REFERRED]->(b:Producer {agency_id: $agency_id, id: row.to_id})
DELETE r
