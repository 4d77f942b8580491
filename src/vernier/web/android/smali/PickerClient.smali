# The page's buttons for a picture open the phone's chooser.
.class public Lorg/vernier/web/PickerClient;
.super Landroid/webkit/WebChromeClient;

.field private final activity:Lorg/vernier/web/MainActivity;

.method public constructor <init>(Lorg/vernier/web/MainActivity;)V
    .registers 2
    invoke-direct {p0}, Landroid/webkit/WebChromeClient;-><init>()V
    iput-object p1, p0, Lorg/vernier/web/PickerClient;->activity:Lorg/vernier/web/MainActivity;
    return-void
.end method

.method public onShowFileChooser(Landroid/webkit/WebView;Landroid/webkit/ValueCallback;Landroid/webkit/WebChromeClient$FileChooserParams;)Z
    .registers 8
    iget-object v0, p0, Lorg/vernier/web/PickerClient;->activity:Lorg/vernier/web/MainActivity;
    iget-object v1, v0, Lorg/vernier/web/MainActivity;->chosen:Landroid/webkit/ValueCallback;
    const/4 v2, 0x0
    if-eqz v1, :ask
    # Each question has to be answered before the page may ask again.
    invoke-interface {v1, v2}, Landroid/webkit/ValueCallback;->onReceiveValue(Ljava/lang/Object;)V
    :ask
    iput-object p2, v0, Lorg/vernier/web/MainActivity;->chosen:Landroid/webkit/ValueCallback;
    const/4 v3, 0x1
    :try_start
    invoke-virtual {p3}, Landroid/webkit/WebChromeClient$FileChooserParams;->createIntent()Landroid/content/Intent;
    move-result-object v1
    invoke-virtual {v0, v1, v3}, Lorg/vernier/web/MainActivity;->startActivityForResult(Landroid/content/Intent;I)V
    :try_end
    .catch Landroid/content/ActivityNotFoundException; {:try_start .. :try_end} :nobody
    return v3
    :nobody
    move-exception v1
    iput-object v2, v0, Lorg/vernier/web/MainActivity;->chosen:Landroid/webkit/ValueCallback;
    invoke-interface {p2, v2}, Landroid/webkit/ValueCallback;->onReceiveValue(Ljava/lang/Object;)V
    return v3
.end method
