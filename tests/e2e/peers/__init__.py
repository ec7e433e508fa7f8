"""Devices that speak their real protocols to a real Home Assistant: Z-Wave, MQTT, ESPHome."""
