"""The page at `/`: chat, drive and wire in a browser.

Plain files under `static/`, no build step; what is not ours lies under `vendor/`.
"""
