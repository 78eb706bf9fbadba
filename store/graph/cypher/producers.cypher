// parameters: agency_id
// columns: id, team_id (null without a team)
MATCH (producer:Producer {agency_id: $agency_id})
RETURN producer.id AS id, producer.team_id AS team_id
