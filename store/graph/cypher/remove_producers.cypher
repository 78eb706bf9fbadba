// parameters: agency_id, rows [{id}]
// columns: none
UNWIND $rows AS row
MATCH (producer:Producer {agency_id: $agency_id, id: row.id})
DETACH DELETE producer
