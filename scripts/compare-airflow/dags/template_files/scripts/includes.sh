{% set word = "included" %}
{% include "scripts/part.sh" %}
echo "and after"
