// parameters: agency_id, rows [{id, team_id}]
// columns: none
UNWIND $rows AS row
MERGE (producer:Producer {agency_id: $agency_id, id: row.id})
SET producer.team_id = row.team_id
