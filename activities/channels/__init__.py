"""The channels (渠道): how a letter leaves the house. One small class each, behind the interface in channel.py."""
