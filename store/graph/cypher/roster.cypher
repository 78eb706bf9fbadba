// parameters: agency_id
// columns: id, team_id (null without a team), links [[other_id, kind, strength]]: the connections that start here
// One row a producer, and each connection once: as rows of their own, or counted in the database, 40,000 take twice
// the time, and grouped by node they take more memory than ArcadeDB lends to a query.
MATCH (producer:Producer {agency_id: $agency_id})
RETURN producer.id AS id, producer.team_id AS team_id,
       [(producer)-[c:CONNECTED]->(other:Producer {agency_id: $agency_id}) | [other.id, c.kind, c.strength]] AS links
