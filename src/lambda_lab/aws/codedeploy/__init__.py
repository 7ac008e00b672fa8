"""CodeDeploy for Lambda: moto keeps what was asked for; this moves the traffic."""
