// parameters: agency_id, after, at_most
// columns: id, team_id (null without a team), links [[other_id, kind, strength]]: the connections that start here
MATCH (producer:Producer {agency_id: $agency_id})
WHERE producer.id > $after
WITH producer ORDER BY producer.id LIMIT $at_most
RETURN producer.id AS id, producer.team_id AS team_id,
       [(producer)-[c:CONNECTED]->(other:Producer {agency_id: $agency_id}) | [other.id, c.kind, c.strength]] AS links
