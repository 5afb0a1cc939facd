SELECT *
FROM {{ params.table }}
WHERE day = {{ "%s" | replace("%s", ds) }}
