SELECT '{{ ts }}' -- from the path
