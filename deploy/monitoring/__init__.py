"""What whoever watches the service takes along: alert rules for Prometheus and a dashboard for Grafana, made from one table of metrics.

`alerts.yml` and `dashboard.json` are written by `make docs`; `alerts_test.yml` says when each alert comes and when it does not
(`make alerts`).
"""
