"""What a chat subscribes to and when alerts are sent to it: plain values, no database (pure).

``model``      a destination, what it is interested in, and its timetable
``interest``   interests as text: topic, source, both, every article, or a question
``timetable``  times of day in time zones: digests and quiet hours
"""
